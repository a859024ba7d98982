"""The tables of the loyalty room, one module per subject. Django looks for them here."""

from loyalty.models.appearance import Appearance, Picture
from loyalty.models.arrival import Arrival
from loyalty.models.ledger import Account, Debt, Holder, Lot, LotUse, Transfer
from loyalty.models.payer import Payer
from loyalty.models.place import StoreState
from loyalty.models.product import Category, Product, ProductSet
from loyalty.models.programme import Participation, Partner, Programme, Seat, Store, StoreGroup, Till
from loyalty.models.receipt import Receipt, ReceiptLine, Return, ReturnLine
from loyalty.models.remittance import Remittance
from loyalty.models.sharing import Employee, Handout, HandoutLine, Invitation, PastHolder
from loyalty.models.sweep import SweepBatch
from loyalty.models.tier import Ladder, Tier, TierChange

__all__ = [
    "Account", "Appearance", "Arrival", "Category", "Debt", "Employee", "Handout", "HandoutLine", "Holder",
    "Invitation", "Ladder", "Lot", "LotUse", "Participation", "Partner", "PastHolder", "Payer", "Picture", "Product",
    "ProductSet", "Programme", "Receipt", "ReceiptLine", "Remittance", "Return", "ReturnLine", "Seat", "Store",
    "StoreGroup", "StoreState", "SweepBatch", "Tier", "TierChange", "Till", "Transfer",
]  # fmt: skip
