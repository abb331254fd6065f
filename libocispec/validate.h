/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The rules and checks that the tables of runtime.c name. */
#ifndef OCI_VALIDATE_H
#define OCI_VALIDATE_H

#include "libocispec/oci.h"

/* rules.c: one string each */
OCI_RULE(oci_rule_hostname);
OCI_RULE(oci_rule_rlimit);
OCI_RULE(oci_rule_device_type);
OCI_RULE(oci_rule_cgroup_device_type);
OCI_RULE(oci_rule_access);
OCI_RULE(oci_rule_page_size);
OCI_RULE(oci_rule_file_name);
OCI_RULE(oci_rule_sysctl);
OCI_RULE(oci_rule_netdev);
OCI_RULE(oci_rule_netdev_name);
OCI_RULE(oci_rule_cgroups_path);
OCI_RULE(oci_rule_clos_id);
OCI_RULE(oci_rule_one_line);
OCI_RULE(oci_rule_mb_schema);
OCI_RULE(oci_rule_no_flag);

/* validate.c: complete objects; see struct oci_type for the contract */
int oci_check_config(const void *object, struct oci_issue *issue);
int oci_check_process(const void *object, struct oci_issue *issue);
int oci_check_rlimit(const void *object, struct oci_issue *issue);
int oci_check_scheduler(const void *object, struct oci_issue *issue);
int oci_check_mount(const void *object, struct oci_issue *issue);
int oci_check_id_mapping(const void *object, struct oci_issue *issue);
int oci_check_linux(const void *object, struct oci_issue *issue);
int oci_check_device(const void *object, struct oci_issue *issue);
int oci_check_cpu(const void *object, struct oci_issue *issue);
int oci_check_weight_device(const void *object, struct oci_issue *issue);
int oci_check_rdma(const void *object, struct oci_issue *issue);
int oci_check_memory_policy(const void *object, struct oci_issue *issue);
int oci_check_seccomp(const void *object, struct oci_issue *issue);
int oci_check_syscall(const void *object, struct oci_issue *issue);

#endif
