"""Customers and leads: the records everybody shares."""

from crm.models.activities import Activity, Note
from crm.models.attachments import Attachment, DiscardedFile
from crm.models.bin import DeletedRecord
from crm.models.customers import Account, Contact, PersonFields
from crm.models.duplicates import DuplicateKey, DuplicatePair, DuplicateRule
from crm.models.imports import Import, ImportRow
from crm.models.interactions import InteractionKey
from crm.models.leads import Lead
from crm.models.lists import Campaign, Choice, CustomField, Product, Tag
from crm.models.matching import MatchingStrategy
from crm.models.merges import Merge, MergedRecord
from crm.models.parties import LeadParty
from crm.models.processes import Process, ProcessState, StageStay, StatusReason

__all__ = [
    "Account",
    "Activity",
    "Attachment",
    "Campaign",
    "Choice",
    "Contact",
    "CustomField",
    "DeletedRecord",
    "DiscardedFile",
    "DuplicateKey",
    "DuplicatePair",
    "DuplicateRule",
    "Import",
    "ImportRow",
    "InteractionKey",
    "Lead",
    "LeadParty",
    "MatchingStrategy",
    "Merge",
    "MergedRecord",
    "Note",
    "PersonFields",
    "Process",
    "ProcessState",
    "Product",
    "StageStay",
    "StatusReason",
    "Tag",
]
