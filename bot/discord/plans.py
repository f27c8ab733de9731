"""Plans that Discord grants: to a role's members, and to whoever bought an SKU."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from core.errors import ConfigurationError
from core.rules.plans import Plan, Plans

SETTING = "LIKENESS_DISCORD_PLANS"


@dataclass(frozen=True)
class Grants:
    """Plans by the id of a role, and by that of an SKU."""

    roles: Mapping[int, Plan]
    skus: Mapping[int, Plan]
    plans: Plans

    def plan_of(self, roles: Iterable[int], skus: Iterable[int]) -> str:
        """Return the name of the largest plan that somebody is granted; empty where there is none."""
        found = [self.roles[role] for role in roles if role in self.roles]
        found += [self.skus[sku] for sku in skus if sku in self.skus]
        return max(found, key=self.plans.plans.index).name if found else ""


def read_grants(text: str, plans: Plans) -> Grants:
    """Read `role:123=pro,sku:456=enterprise`.

    Raises:
        ConfigurationError: It reads otherwise, or names a plan that the plan file does not have.
    """
    grants: dict[str, dict[int, Plan]] = {"role": {}, "sku": {}}
    for part in filter(None, (part.strip() for part in text.split(","))):
        match = re.fullmatch(r"(role|sku)\s*:\s*(\d{1,20})\s*=\s*(\S+)", part, re.IGNORECASE)
        if match is None:
            raise ConfigurationError(
                f"{SETTING} has {part!r}. Write role:ID=plan or sku:ID=plan, separated by commas; "
                "an ID is the long number that Discord's developer mode copies."
            )
        grants[match[1].lower()][int(match[2])] = plans.named(match[3])
    return Grants(grants["role"], grants["sku"], plans)
