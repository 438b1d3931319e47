from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('segments', '0006_audit'),
    ]

    operations = [
        migrations.RunSQL(
            "CREATE VIEW segments_membership_listed AS SELECT segment_id || '-' || contact_id AS id, "
            "segment_id, contact_id, since, added_by_id FROM segments_membership",
            "DROP VIEW segments_membership_listed",
        ),
        migrations.CreateModel(
            name='MembershipListed',
            fields=[
                ('id', models.TextField(primary_key=True, serialize=False)),
                ('since', models.DateTimeField()),
            ],
            options={
                'verbose_name': 'membership',
                'db_table': 'segments_membership_listed',
                'managed': False,
            },
        ),
    ]
