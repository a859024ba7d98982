"""Those who work here and when the machine works: users, roles, failed sign-ins, and the schedule of tasks.

Roles are groups of rights; nobody has a right that no role explains.
"""
