"""`/credits`: what is left of the month, and what things cost."""

from __future__ import annotations

from bot.context import Context
from bot.replies import CreditsShown
from bot.requests import CreditsRequest


async def show(context: Context, request: CreditsRequest) -> CreditsShown:
    """Show the plan, the balance and the prices."""
    workspace = await context.workspace_of(request.requester)
    plan, plans = workspace.plan, context.plans
    return CreditsShown(
        plan=plan.title,
        balance=await workspace.balance(),
        monthly=plan.monthly_credits,
        picture=plans.price_of_pictures(1),
        trainings=tuple((kind, plans.price_of_training(kind)) for kind in plan.trains),
    )
