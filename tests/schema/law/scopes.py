"""Which fields may stand together: the rules by which GraphQL merges what has one response key (section 5.3.2)."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Use:
    """A field as it is selected under some key."""

    parent: str
    is_object: bool
    """Whether the parent is an object type: two different ones are never the same object."""
    name: str
    arguments: str
    type: str


@dataclass
class Key:
    """What is selected under one response key."""

    uses: list[Use]
    below: Scope


@dataclass
class Scope:
    """One selection set of the response, with all that is merged into it."""

    keys: dict[str, Key] = field(default_factory=dict)
    likely: list[str] = field(default_factory=list)
    """The types that its objects probably have, where they are of an abstract one."""

    def admits(self, key: str, use: Use) -> bool:
        """Whether the field may be selected under the key beside what is there."""
        there = self.keys.get(key)
        return there is None or all(_fit(other, use) for other in there.uses)

    def add(self, key: str, use: Use) -> Scope:
        """Select the field; what is below it."""
        there = self.keys.setdefault(key, Key([], Scope()))
        if use not in there.uses:
            there.uses.append(use)
        return there.below

    def admits_all(self, other: Scope) -> bool:
        """Whether all of another selection set may be merged into this one."""
        for key, theirs in other.keys.items():
            if not all(self.admits(key, use) for use in theirs.uses):
                return False
            if key in self.keys and not self.keys[key].below.admits_all(theirs.below):
                return False
        return True

    def absorb(self, other: Scope) -> None:
        """Merge all of another selection set into this one."""
        for key, theirs in other.keys.items():
            for use in theirs.uses:
                self.add(key, use)
            self.keys[key].below.absorb(theirs.below)


def _fit(one: Use, other: Use) -> bool:
    if one.type != other.type:
        return False
    apart = one.is_object and other.is_object and one.parent != other.parent
    return apart or (one.name == other.name and one.arguments == other.arguments)
