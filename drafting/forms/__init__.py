"""A plan's forms: blank tables as appendices, the report's outline, as the plan format has them."""
