"""What members hold beside points: coupons, by series and code."""
