package dev.metricsserver.controller;

import dev.metricsserver.dependents.APIServiceDependent;
import dev.metricsserver.dependents.AuditPolicyDependent;
import dev.metricsserver.dependents.AuthDelegatorDependent;
import dev.metricsserver.dependents.AuthReaderDependent;
import dev.metricsserver.dependents.AuthorityCertificateDependent;
import dev.metricsserver.dependents.BootstrapIssuerDependent;
import dev.metricsserver.dependents.CiliumNetworkPolicyDependent;
import dev.metricsserver.dependents.ClusterRoleBindingDependent;
import dev.metricsserver.dependents.ClusterRoleDependent;
import dev.metricsserver.dependents.DeploymentDependent;
import dev.metricsserver.dependents.DisruptionBudgetDependent;
import dev.metricsserver.dependents.IssuedCertificateDependent;
import dev.metricsserver.dependents.MetricsReaderDependent;
import dev.metricsserver.dependents.NetworkPolicyDependent;
import dev.metricsserver.dependents.OptionalDependent;
import dev.metricsserver.dependents.PrometheusRuleDependent;
import dev.metricsserver.dependents.ReaderRoleDependent;
import dev.metricsserver.dependents.ServiceAccountDependent;
import dev.metricsserver.dependents.ServiceDependent;
import dev.metricsserver.dependents.ServiceMonitorDependent;
import dev.metricsserver.dependents.ServingAuthorityDependent;
import dev.metricsserver.dependents.ServingCertificateDependent;
import dev.metricsserver.dependents.ServingIssuerDependent;
import io.javaoperatorsdk.operator.api.reconciler.Workflow;
import io.javaoperatorsdk.operator.api.reconciler.dependent.Dependent;

/** The objects of metrics-server, and which of them are applied before others. */
@Workflow(
    explicitInvocation = true,
    dependents = {
      @Dependent(
          name = "networkpolicy",
          type = NetworkPolicyDependent.class,
          reconcilePrecondition = OptionalDependent.Wanted.class),
      // Watched from when the cluster has the kind.
      @Dependent(
          name = "ciliumnetworkpolicy",
          type = CiliumNetworkPolicyDependent.class,
          activationCondition = OptionalDependent.Known.class,
          reconcilePrecondition = OptionalDependent.Wanted.class),
      @Dependent(name = "serviceaccount", type = ServiceAccountDependent.class),
      @Dependent(name = "clusterrole", type = ClusterRoleDependent.class),
      @Dependent(name = "readerrole", type = ReaderRoleDependent.class),
      @Dependent(
          name = "clusterrolebinding",
          type = ClusterRoleBindingDependent.class,
          dependsOn = {"serviceaccount", "clusterrole"}),
      @Dependent(
          name = "authdelegator",
          type = AuthDelegatorDependent.class,
          dependsOn = "serviceaccount"),
      @Dependent(
          name = "authreader",
          type = AuthReaderDependent.class,
          dependsOn = "serviceaccount"),
      @Dependent(name = "service", type = ServiceDependent.class),
      @Dependent(
          name = "poddisruptionbudget",
          type = DisruptionBudgetDependent.class,
          reconcilePrecondition = OptionalDependent.Wanted.class),
      @Dependent(
          name = "auditpolicy",
          type = AuditPolicyDependent.class,
          reconcilePrecondition = OptionalDependent.Wanted.class),
      @Dependent(
          name = "metricsreader",
          type = MetricsReaderDependent.class,
          reconcilePrecondition = OptionalDependent.Wanted.class),
      @Dependent(
          name = "servicemonitor",
          type = ServiceMonitorDependent.class,
          activationCondition = OptionalDependent.Known.class,
          reconcilePrecondition = OptionalDependent.Wanted.class),
      @Dependent(
          name = "prometheusrule",
          type = PrometheusRuleDependent.class,
          activationCondition = OptionalDependent.Known.class,
          reconcilePrecondition = OptionalDependent.Wanted.class),
      @Dependent(
          name = "bootstrapissuer",
          type = BootstrapIssuerDependent.class,
          activationCondition = OptionalDependent.Known.class,
          reconcilePrecondition = OptionalDependent.Wanted.class),
      @Dependent(
          name = "authoritycertificate",
          type = AuthorityCertificateDependent.class,
          activationCondition = OptionalDependent.Known.class,
          reconcilePrecondition = OptionalDependent.Wanted.class),
      @Dependent(
          name = "servingissuer",
          type = ServingIssuerDependent.class,
          activationCondition = OptionalDependent.Known.class,
          reconcilePrecondition = OptionalDependent.Wanted.class),
      @Dependent(
          name = "issuedcertificate",
          type = IssuedCertificateDependent.class,
          activationCondition = OptionalDependent.Known.class,
          reconcilePrecondition = OptionalDependent.Wanted.class),
      @Dependent(name = "servingauthority", type = ServingAuthorityDependent.class),
      @Dependent(
          name = "servingcertificate",
          type = ServingCertificateDependent.class,
          dependsOn = "servingauthority"),
      // Nothing may depend on an object with a precondition: it would be deleted with that object.
      @Dependent(
          name = "deployment",
          type = DeploymentDependent.class,
          dependsOn = {"clusterrolebinding", "authdelegator", "authreader", "servingcertificate"}),
      @Dependent(
          name = "apiservice",
          type = APIServiceDependent.class,
          dependsOn = {"service", "deployment"})
    })
abstract class InstallationWorkflow {}
