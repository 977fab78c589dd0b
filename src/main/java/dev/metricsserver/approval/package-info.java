/**
 * Kubelets' requests for serving certificates: parser and policy, which are pure, and the
 * controller that applies the policy.
 */
package dev.metricsserver.approval;
