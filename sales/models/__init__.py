"""What is sold, through which pipeline, in which currency, to and against whom."""

from sales.models.money import Currency, ExchangeRate
from sales.models.opportunities import Opportunity
from sales.models.parts import (
    Competitor,
    OpportunityCompetitor,
    OpportunityLine,
    Stakeholder,
)
from sales.models.pipelines import Pipeline, PipelineStage
from sales.models.qualification import Qualification, QualifyMapping

__all__ = [
    "Competitor",
    "Currency",
    "ExchangeRate",
    "Opportunity",
    "OpportunityCompetitor",
    "OpportunityLine",
    "Pipeline",
    "PipelineStage",
    "Qualification",
    "QualifyMapping",
    "Stakeholder",
]
