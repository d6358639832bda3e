"""The faults, by what they harm."""

from tests.mutations.catalogue import (
    accounts,
    backups,
    cases,
    desk,
    giving_up,
    jobs,
    kept_files,
    limits,
    ownership,
    proofs,
    receiving,
    sending,
    signatures,
    sizes,
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
    *sizes.MUTATIONS,
    *telling.MUTATIONS,
    *backups.MUTATIONS,
    *kept_files.MUTATIONS,
    *cases.MUTATIONS,
)
