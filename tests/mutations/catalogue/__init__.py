"""The faults, by what they harm."""

from tests.mutations.catalogue import (
    accounts,
    backups,
    desk,
    giving_up,
    jobs,
    limits,
    ownership,
    proofs,
    receiving,
    sending,
    signatures,
    telling,
    visits,
)

MUTATIONS = (
    *sending.MUTATIONS,
    *receiving.MUTATIONS,
    *jobs.MUTATIONS,
    *giving_up.MUTATIONS,
    *proofs.MUTATIONS,
    *visits.MUTATIONS,
    *signatures.MUTATIONS,
    *accounts.MUTATIONS,
    *desk.MUTATIONS,
    *ownership.MUTATIONS,
    *limits.MUTATIONS,
    *telling.MUTATIONS,
    *backups.MUTATIONS,
)
