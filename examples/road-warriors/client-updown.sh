#!/bin/sh
# Gives this machine its inner addresses, and takes them away again.
set -eu
device=lo
case $IKE_RESUME_EVENT in
  up) action=replace ;;
  down) action=delete ;;
  *) exit 0 ;;
esac
[ -z "$IKE_RESUME_INNER_IPV4" ] || ip address "$action" "$IKE_RESUME_INNER_IPV4/32" dev "$device"
[ -z "$IKE_RESUME_INNER_IPV6" ] || ip address "$action" "$IKE_RESUME_INNER_IPV6/128" dev "$device"
