"""Dashboards as code: ``boards`` says what is shown, ``draw`` how Grafana wants it, ``python -m ops.grafana`` writes dashboards/."""
