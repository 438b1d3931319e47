"""Every resource of the API, app by app."""

from __future__ import annotations

from config import saved_views
from core.api import notifications, people, work
from core.api.base import extend
from core.api.router import router
from crm.api import (
    attachments,
    duplicates,
    imports,
    interactions,
    lead_links,
    merges,
)
from crm.api import settings as crm_settings
from crm.api import views as crm
from marketing import api as marketing
from sales.api import leads as sales_leads
from sales.api import mapping as sales_mapping
from sales.api import parts as sales_parts
from sales.api import processes as sales_processes
from sales.api import settings as sales_settings
from sales.api import views as sales
from sales.assignment import api as assignment
from scoring import api as scoring
from segments import api as segments
from workflows import api as workflows

merges.extend_records()
sales_leads.extend_leads()
assignment.extend_leads()
lead_links.extend_records()
sales_processes.extend_records()
extend(crm.LeadViewSet, scoring.scores)
for prefix, viewset in (
    ("users", people.UserViewSet),
    ("teams", people.TeamViewSet),
    ("roles", people.RoleViewSet),
    ("jobs", work.JobViewSet),
    ("saved-views", saved_views.SavedViewViewSet),
    ("notifications", notifications.NotificationViewSet),
    ("contacts", crm.ContactViewSet),
    ("accounts", crm.AccountViewSet),
    ("leads", crm.LeadViewSet),
    ("opportunities", sales.OpportunityViewSet),
    ("opportunity-lines", sales_parts.LineViewSet),
    ("opportunity-competitors", sales_parts.RivalViewSet),
    ("stakeholders", sales_parts.StakeholderViewSet),
    ("competitors", sales_parts.CompetitorViewSet),
    ("pipelines", sales_settings.PipelineViewSet),
    ("currencies", sales_settings.CurrencyViewSet),
    ("exchange-rates", sales_settings.ExchangeRateViewSet),
    ("qualify-mappings", sales_mapping.QualifyMappingViewSet),
    ("activities", crm.ActivityViewSet),
    ("notes", crm.NoteViewSet),
    ("attachments", attachments.AttachmentViewSet),
    ("products", crm.ProductViewSet),
    ("campaigns", crm.CampaignViewSet),
    ("tags", crm.TagViewSet),
    ("choices", crm.ChoiceViewSet),
    ("custom-fields", crm.CustomFieldViewSet),
    ("status-reasons", crm_settings.StatusReasonViewSet),
    ("processes", sales_processes.ProcessViewSet),
    ("bin", crm_settings.BinViewSet),
    ("interactions", interactions.InteractionViewSet),
    ("imports", imports.ImportViewSet),
    ("duplicates", duplicates.DuplicateViewSet),
    ("merges", merges.MergeViewSet),
    ("duplicate-rules", duplicates.DuplicateRuleViewSet),
    ("matching-strategies", crm.MatchingStrategyViewSet),
    ("forms", marketing.FormViewSet),
    ("pages", marketing.PageViewSet),
    ("submissions", marketing.SubmissionViewSet),
    ("suggestions", marketing.SuggestionViewSet),
    ("segments", segments.SegmentViewSet),
    ("segment-templates", segments.SegmentTemplateViewSet),
    ("scoring-models", scoring.ScoringModelViewSet),
    ("workflows", workflows.WorkflowViewSet),
    *assignment.RESOURCES,
):
    router.register(prefix, viewset, basename=prefix)
