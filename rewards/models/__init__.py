"""The tables of the rewards room, one module per subject. Django looks for them here."""

from rewards.models.batch import CodeBatch
from rewards.models.coupon import Coupon, CouponUse
from rewards.models.series import Series, SeriesMember, SeriesTotal

__all__ = ["CodeBatch", "Coupon", "CouponUse", "Series", "SeriesMember", "SeriesTotal"]
