"""What must hold once a round has settled, looked at from outside: rows, ledger and thread."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

from tests.chaos.people import Accepted, Wish
from tests.chaos.rows import Row, Rows
from tests.chaos.thread import Posts, is_ending

_ENDED = ("succeeded", "failed", "cancelled")


def open_work(rows: Rows) -> dict[str, int]:
    """Count what has not come to its end: jobs, endings to tell, requests to answer."""
    statements = {
        "jobs": "SELECT count(*) AS n FROM job WHERE status IN ('queued', 'running')",
        "endings": "SELECT count(*) AS n FROM outbox WHERE delivered_at IS NULL AND failed_at IS NULL",
        "requests": "SELECT count(*) AS n FROM inbox WHERE handled_at IS NULL",
    }
    return {name: rows.select(statement)[0]["n"] for name, statement in statements.items()}


def jobs_problems(jobs: Sequence[Row], rows: Rows, cap: int) -> Iterable[str]:
    """Every job ended, with one ending in the outbox, told; and failed only where it was tried to the cap."""
    endings = defaultdict(list)
    for ending in rows.select("SELECT job_id, delivered_at, failed_at, attempts FROM outbox"):
        endings[ending["job_id"]].append(ending)
    for job in jobs:
        name = f"job {job['id']} ({job['kind']}, {job['status']}, {job['attempts']} attempts)"
        told = endings.pop(job["id"], [])
        if job["status"] not in _ENDED:
            yield f"{name} has not ended"
            continue
        if len(told) != 1:
            yield f"{name} has {len(told)} outbox rows"
        for ending in told:
            if ending["delivered_at"] is None:
                yield f"{name} ended and was never told, after {ending['attempts']} attempts"
        if job["status"] == "failed" and (job["attempts"] < cap or not _is_worn_out(job)):
            yield f"{name} failed before its attempts were used up: {job['reason']}"
    for job_id in endings:
        yield f"the outbox tells of a job {job_id} that is not there"


def _is_worn_out(job: Row) -> bool:
    return job["reason"].startswith("The worker stopped ")


def thread_problems(jobs: Sequence[Row], posts: Posts) -> Iterable[str]:
    """Every ending is in the thread once, and every training that went well is news once."""
    again = Counter(
        button["action"].removeprefix("again:")
        for post in posts.ours
        for button in post["body"]["buttons"]
        if button["action"].startswith("again:") and is_ending(post)
    )
    for job in jobs:
        name = f"job {job['id']} ({job['kind']}, {job['status']})"
        cards = posts.about(job["id"], job["card_message"])
        endings = [post for post in cards if is_ending(post)]
        if len(endings) != 1:
            yield f"{name}: {len(endings)} cards tell its ending, posts {[post['number'] for post in cards]}"
        if len(cards) > len(endings):
            live = [post["number"] for post in cards if not is_ending(post)]
            yield f"{name}: posts {live} still show it as open"
        is_good = job["status"] == "succeeded"
        if job["kind"] == "generate" and again[job["id"]] != int(is_good):
            yield f"{name}: {again[job['id']]} posts show its pictures"
        if job["kind"] == "train" and (news := posts.says(f"@{job['handle']} is ready")) != int(is_good):
            yield f"{name}: {news} posts say that @{job['handle']} is ready"


def ledger_problems(jobs: Sequence[Row], rows: Rows) -> Iterable[str]:
    """Every movement sums to zero, nothing stays set aside, and each job's credits went one way or back."""
    for row in rows.select(
        "SELECT t.id AS id, t.kind AS kind, count(e.id) AS entries, sum(e.amount) AS total"
        " FROM credit_transfer t LEFT JOIN credit_entry e ON e.transfer_id = t.id GROUP BY t.id, t.kind"
    ):
        if row["entries"] != 2 or row["total"] != 0:
            yield f"transfer {row['id']} ({row['kind']}): {row['entries']} entries sum to {row['total']}"
    accounts = {
        row["account"]: int(row["total"])
        for row in rows.select("SELECT account, sum(amount) AS total FROM credit_entry GROUP BY account")
    }
    if accounts.get("reserved", 0) != sum(job["credits"] for job in jobs if job["status"] not in _ENDED):
        yield f"{accounts.get('reserved')} credits are set aside, and no open job has them"
    if accounts.get("available", 0) != -accounts.get("granted", 0) - accounts.get("spent", 0):
        yield f"credits available are not those granted less those spent: {accounts}"
    yield from _settlements(jobs, rows)


def _settlements(jobs: Sequence[Row], rows: Rows) -> Iterable[str]:
    moved: dict[str, Counter[str]] = defaultdict(Counter)
    for row in rows.select(
        "SELECT t.job_id AS job_id, t.kind AS kind, sum(e.amount) AS amount FROM credit_transfer t"
        " JOIN credit_entry e ON e.transfer_id = t.id AND e.amount > 0"
        " WHERE t.job_id IS NOT NULL GROUP BY t.job_id, t.kind"
    ):
        moved[row["job_id"]][row["kind"]] = int(row["amount"])
    for job in jobs:
        movements, credits = moved[job["id"]], job["credits"]
        settled = movements["capture"] + movements["release"]
        charged = {"succeeded": credits, "failed": 0}.get(job["status"], movements["capture"])
        if movements["reserve"] != credits or settled != credits or movements["capture"] != charged:
            yield f"job {job['id']} ({job['status']}) of {credits} credits moved {dict(movements)}"


def requests_problems(accepted: Iterable[Accepted], rows: Rows, posts: Posts) -> Iterable[str]:
    """Every request that was taken became the job or the draft that it asked for, or was answered."""
    inbox = {row["dedupe_key"]: row["id"] for row in rows.select("SELECT dedupe_key, id FROM inbox")}
    jobs = {row["id"] for row in rows.select("SELECT id FROM job")}
    drafts = {row["id"] for row in rows.select("SELECT id FROM draft")}
    for request in accepted:
        row_id = inbox.get(f"console:{request.event_id}")
        if row_id is None:
            yield f"the {request.wish} that event {request.event_id} asked for were taken and then forgotten"
            continue
        made = row_id in (jobs if request.wish is Wish.PICTURES else drafts)
        if not made and not posts.answered(row_id):
            yield f"request {row_id} for {request.wish} came to nothing, and nobody was told"
