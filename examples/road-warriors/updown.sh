#!/bin/sh
# Writes down which client has which inner address, for whoever looks after the gateway.
set -eu
logger -t ike-resume "$IKE_RESUME_EVENT $IKE_RESUME_INITIATOR_ID at $IKE_RESUME_REMOTE has $IKE_RESUME_INNER_IPV4 $IKE_RESUME_INNER_IPV6"
