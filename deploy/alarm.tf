# A sample alarm: an instance whose CPU is busy for five minutes has its volumes backed up.

resource "oci_monitoring_alarm" "sample" {
  count                 = var.create_sample_alarm ? 1 : 0
  compartment_id        = var.compartment_ocid
  metric_compartment_id = local.volumes_compartment
  display_name          = "${local.name}-busy-instance"
  namespace             = "oci_computeagent"
  query                 = "CpuUtilization[5m].mean() > 95"
  severity              = "CRITICAL"
  body                  = "The volumes of the instance are backed up."
  destinations          = [oci_ons_notification_topic.alarms.id]
  is_enabled            = true
  pending_duration      = "PT5M"

  # A message per instance: a grouped one lists no more than 100.
  is_notifications_per_metric_dimension_enabled = true
}
