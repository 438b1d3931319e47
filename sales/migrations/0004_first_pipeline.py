from django.db import migrations

STAGES = [
    ("qualify", "Qualify", 20, 30),
    ("develop", "Develop", 40, 30),
    ("propose", "Propose", 60, 21),
    ("close", "Close", 80, 14),
]


def make_first_pipeline(apps, schema_editor):
    """The pipeline of the opportunities that there are; an empty one is shipped."""
    pipelines = apps.get_model("sales", "Pipeline")
    if not apps.get_model("sales", "Opportunity").objects.exists():
        return
    made = pipelines.objects.create(name="Sales", is_default=True)
    for position, (key, name, probability, days) in enumerate(STAGES):
        made.stages.create(
            key=key,
            name=name,
            probability=probability,
            stale_days=days,
            position=position,
        )


class Migration(migrations.Migration):

    dependencies = [("sales", "0003_pipelines_and_currencies")]

    operations = [
        migrations.RunPython(make_first_pipeline, migrations.RunPython.noop),
    ]
