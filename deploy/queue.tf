# Work that cannot be done here and now: the function puts it into a queue, and a connector brings it back, one message at a
# time, until it is done. After an error the message is visible again once the queue's visibility timeout has passed.

locals {
  work_queue_id = join("", oci_queue_queue.work[*].id)

  # A queue delivers a message 20 times at the most before it becomes a dead letter. So many tries, this far apart, last
  # longer than the function goes on trying: it always gives up first, and tells.
  most_deliveries    = 20
  visibility_seconds = max(900, ceil(var.give_up_hours * 3600 / (local.most_deliveries - 2)))
}

resource "oci_queue_queue" "work" {
  count                            = var.create_queue ? 1 : 0
  compartment_id                   = var.compartment_ocid
  display_name                     = "${local.name}-work"
  visibility_in_seconds            = local.visibility_seconds
  dead_letter_queue_delivery_count = local.most_deliveries
  retention_in_seconds             = 2 * 24 * 3600
}

resource "oci_sch_service_connector" "work" {
  count          = var.create_queue ? 1 : 0
  compartment_id = var.compartment_ocid
  display_name   = "${local.name}-work"
  description    = "Brings work back from the queue to the function."

  source {
    kind        = "plugin"
    plugin_name = "QueueSource"
    config_map  = jsonencode({ queueId = oci_queue_queue.work[0].id })
  }

  # One message an invocation, so that one that cannot be done yet holds back no other.
  target {
    kind              = "functions"
    function_id       = oci_functions_function.create_volume_backup.id
    batch_size_in_num = 1
    batch_time_in_sec = 60
  }

  # Without its policy a connector is silently idle.
  depends_on = [oci_identity_policy.function]
}
