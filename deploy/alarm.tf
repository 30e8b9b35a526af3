# Alarms: two about the function itself, for people, and a sample of those that set it off.

# The function tells by itself what it cannot do, unless it cannot even do that: it dies, its image is gone, its topic
# refuses. Every answer with an error counts, also that of a try from the queue that has to wait; such a one is told, too.
#
# Both go to the topic for people. To that of alarms the function is subscribed: there, each of its errors would call it again.
# Monitoring publishes as a service of the platform, so that alarms need no policy of their own.
resource "oci_monitoring_alarm" "errors" {
  count                 = var.create_function_alarms ? 1 : 0
  compartment_id        = var.compartment_ocid
  metric_compartment_id = var.compartment_ocid
  display_name          = "${local.name}-errors"
  namespace             = "oci_faas"
  query                 = "FunctionResponseCount[5m]{resourceId = \"${oci_functions_function.create_volume_backup.id}\", responseType = \"Error\"}.groupBy(resourceId).sum() > 0"
  severity              = "ERROR"
  body                  = "The function create-volume-backup has answered with an error. If it has told no reason here, look into its log."
  destinations          = [oci_ons_notification_topic.alerts.id]
  is_enabled            = true
  pending_duration      = "PT1M"
  message_format        = "ONS_OPTIMIZED" # which mails get to read, in place of JSON
}

# A schedule that is gone, turned off or not allowed to invoke leaves no error behind, only silence. No interval of an alarm
# is longer than a day; the hour that the silence has to last beyond it is for calls that come a little later than the day
# before. So only a schedule of every day can be watched: one of each week would be absent on six days of seven.
#
# After the absence detection period, of three days at the most, the alarm falls silent and looks well again, so until then
# it is repeated every day. Calls by events, alarms and the queue count, too: the metric does not tell who has called. What
# has never been called has no metric to be absent.
resource "oci_monitoring_alarm" "absence" {
  count                        = var.create_function_alarms && local.is_called_daily ? 1 : 0
  compartment_id               = var.compartment_ocid
  metric_compartment_id        = var.compartment_ocid
  display_name                 = "${local.name}-absence"
  namespace                    = "oci_faas"
  query                        = "FunctionInvocationCount[24h]{resourceId = \"${oci_functions_function.create_volume_backup.id}\"}.groupBy(resourceId).absent(3d)"
  severity                     = "CRITICAL"
  body                         = "Nothing has called the function create-volume-backup for a day, and a schedule should have. Look at the schedule's last run and at the policy that lets it invoke."
  destinations                 = [oci_ons_notification_topic.alerts.id]
  is_enabled                   = true
  pending_duration             = "PT1H"
  repeat_notification_duration = "P1D"
  message_format               = "ONS_OPTIMIZED"
}

# An instance whose CPU is busy for five minutes has its volumes backed up.
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
