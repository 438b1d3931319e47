from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('scoring', '0001_initial'),
    ]

    operations = [
        migrations.RunSQL(
            "CREATE VIEW scoring_leadscore_listed AS SELECT lead_id || '-' || model_id AS id, "
            "lead_id, model_id, score, grade, breakdown, changed_at FROM scoring_leadscore",
            "DROP VIEW scoring_leadscore_listed",
        ),
        migrations.CreateModel(
            name='LeadScoreListed',
            fields=[
                ('id', models.TextField(primary_key=True, serialize=False)),
                ('score', models.IntegerField()),
                ('grade', models.CharField(max_length=60)),
                ('breakdown', models.JSONField()),
                ('changed_at', models.DateTimeField()),
            ],
            options={
                'verbose_name': 'score of a lead',
                'verbose_name_plural': 'scores of leads',
                'db_table': 'scoring_leadscore_listed',
                'managed': False,
            },
        ),
    ]
