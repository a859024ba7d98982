"""What points buy and members hold: the catalogue, orders, coupons, budgets."""
