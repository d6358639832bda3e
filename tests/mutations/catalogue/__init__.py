"""The faults, by what they harm."""

from tests.mutations.catalogue import (
    accounts,
    backups,
    desk,
    giving_up,
    jobs,
    limits,
    proofs,
    receiving,
    sending,
    signatures,
    sizes,
    telling,
)

MUTATIONS = (
    *sending.MUTATIONS,
    *receiving.MUTATIONS,
    *jobs.MUTATIONS,
    *giving_up.MUTATIONS,
    *proofs.MUTATIONS,
    *signatures.MUTATIONS,
    *accounts.MUTATIONS,
    *desk.MUTATIONS,
    *limits.MUTATIONS,
    *sizes.MUTATIONS,
    *telling.MUTATIONS,
    *backups.MUTATIONS,
)
