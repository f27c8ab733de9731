"""Plans by role and by SKU."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.discord.plans import read_grants
from bot.requests import CreditsRequest, JobsRequest
from core.errors import ConfigurationError
from core.rules.plans import load_plans
from tests.bot.conftest import Chat
from tests.bot.discord.conftest import Inbound

PLANS = load_plans()


def test_the_largest_of_several_grants_counts():
    grants = read_grants("role:1=basic, sku:7 = Enterprise,ROLE:2=pro", PLANS)
    assert grants.plan_of([1], []) == "basic"
    assert grants.plan_of([2, 1], []) == "pro"
    assert grants.plan_of([1, 2], [7]) == "enterprise"
    assert grants.plan_of([3], [8]) == ""
    assert read_grants("", PLANS).plan_of([1], [7]) == ""


@pytest.mark.parametrize("text", ["pro", "role:1", "role:lead=pro", "user:1=pro", "role:1=platinum"])
def test_what_cannot_be_read_is_said_before_anybody_asks(text: str):
    with pytest.raises(ConfigurationError):
        read_grants(text, PLANS)


async def test_a_role_brings_its_plan(inbound: Inbound):
    role = inbound.fake.role("supporter")
    plans = f"role:{role.id}=enterprise"
    inbound.settings = inbound.settings.model_copy(update={"discord_plans": plans})
    await inbound.start()
    await inbound.person("ada", roles=[role]).slash(inbound.studio, "jobs")
    await inbound.person("bob").slash(inbound.studio, "jobs")
    ada, bob = await inbound.arrived(JobsRequest, 2)
    assert (ada.requester.plan, bob.requester.plan) == ("enterprise", "")


async def test_what_somebody_bought_brings_its_plan(inbound: Inbound):
    inbound.settings = inbound.settings.model_copy(update={"discord_plans": "sku:456=pro"})
    await inbound.start()
    ada = inbound.person()
    inbound.fake.entitle(ada, 456)
    await ada.slash(inbound.studio, "jobs")
    assert inbound.only(JobsRequest).requester.plan == "pro"


@pytest.mark.parametrize(
    ("workspace_plan", "granted", "title"),
    [("basic", "enterprise", "Enterprise"), ("enterprise", "basic", "Enterprise"), ("basic", "", "Basic")],
)
async def test_the_larger_of_the_workspaces_plan_and_the_persons_counts(
    chat: Chat, workspace_plan: str, granted: str, title: str
):
    await chat.set_plan(workspace_plan)
    person = chat.person()
    shown = await chat.ask(CreditsRequest(replace(person, plan=granted)))
    assert getattr(shown, "plan", "") == title
