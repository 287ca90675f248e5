"""The floor: five screens as a good engineer would write them by hand, each for itself.

Starlette, asyncpg, one or two tuned statements a screen, orjson. It answers what our API answers, to the same key,
as the same role behind the same row-level security; and it has every tuning of the process that ours has.
What it does not have is what GraphQL is for: it answers these five questions and no others.
"""
