"""Forms, landing pages, and what people send through them."""

from marketing.models.forms import Form, LiveState, Page
from marketing.models.submissions import Submission, Suggestion, Visitor

__all__ = ["Form", "LiveState", "Page", "Submission", "Suggestion", "Visitor"]
