"""Credits, kept as a double-entry ledger: every movement names where it came from, and sums to zero.

    grant      granted → available      what the plan gives each month
    reserve    available → reserved     when a job is queued
    capture    reserved → spent         for what was delivered
    release    reserved → available     for what was not

A transfer's `dedupe_key` is unique: no movement can happen twice.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from tortoise.functions import Sum

from core.rules.plans import Plan
from core.store.database import transaction
from core.store.records import EntryRecord, TransferRecord, WorkspaceRecord


class Account(StrEnum):
    """The four accounts of a workspace."""

    GRANTED = "granted"
    AVAILABLE = "available"
    RESERVED = "reserved"
    SPENT = "spent"


@dataclass(frozen=True)
class _Movement:
    source: Account
    target: Account


_MOVEMENTS = {
    "grant": _Movement(Account.GRANTED, Account.AVAILABLE),
    "reserve": _Movement(Account.AVAILABLE, Account.RESERVED),
    "capture": _Movement(Account.RESERVED, Account.SPENT),
    "release": _Movement(Account.RESERVED, Account.AVAILABLE),
}


async def balance(workspace_id: str, account: Account = Account.AVAILABLE) -> int:
    """Return the credits in an account."""
    rows = (
        await EntryRecord.filter(workspace_id=workspace_id, account=account.value)
        .annotate(total=Sum("amount"))
        .values("total")
    )
    return int(rows[0]["total"] or 0) if rows else 0


async def grant_month(workspace_id: str, plan: Plan, now: datetime) -> None:
    """Give the workspace its plan's credits for this month, once."""
    dedupe_key = f"grant:{workspace_id}:{now:%Y-%m}"
    if await TransferRecord.exists(dedupe_key=dedupe_key):
        return
    async with transaction():
        await WorkspaceRecord.filter(id=workspace_id).select_for_update().get()
        if not await TransferRecord.exists(dedupe_key=dedupe_key):  # another process was faster
            await _move(workspace_id, "grant", plan.monthly_credits, dedupe_key, None)


async def reserve(workspace_id: str, job_id: str, amount: int) -> bool:
    """Set credits aside for a job; False, and nothing moves, when there are too few.

    Call it in a transaction that holds the workspace's row: credits change under that lock only.
    """
    if await balance(workspace_id) < amount:
        return False
    await _move(workspace_id, "reserve", amount, f"reserve:{job_id}", job_id)
    return True


async def settle(workspace_id: str, job_id: str, *, reserved: int, delivered: int) -> None:
    """Charge what was delivered and give the rest back. Call in the transaction that ends the job."""
    await _move(workspace_id, "capture", delivered, f"capture:{job_id}", job_id)
    await _move(workspace_id, "release", reserved - delivered, f"release:{job_id}", job_id)


async def released(job_id: str) -> int:
    """Return the credits that came back from a job."""
    transfer = await TransferRecord.get_or_none(dedupe_key=f"release:{job_id}")
    if transfer is None:
        return 0
    entry = await EntryRecord.get(transfer_id=transfer.id, account=Account.AVAILABLE.value)
    return entry.amount


async def _move(workspace_id: str, kind: str, amount: int, dedupe_key: str, job_id: str | None) -> None:
    if amount == 0:
        return
    movement = _MOVEMENTS[kind]
    transfer = await TransferRecord.create(
        workspace_id=workspace_id, kind=kind, job_id=job_id, dedupe_key=dedupe_key
    )
    await EntryRecord.bulk_create(
        EntryRecord(transfer_id=transfer.id, workspace_id=workspace_id, account=account.value, amount=signed)
        for account, signed in ((movement.source, -amount), (movement.target, amount))
    )
