"""What is sold, through which pipeline, in which currency."""

from sales.models.money import Currency, ExchangeRate
from sales.models.opportunities import Opportunity
from sales.models.pipelines import Pipeline, PipelineStage

__all__ = ["Currency", "ExchangeRate", "Opportunity", "Pipeline", "PipelineStage"]
