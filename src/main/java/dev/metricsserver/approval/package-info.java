/**
 * Kubelets' requests for serving certificates: the rule that says which are right, which is pure,
 * and the controller that applies it.
 */
package dev.metricsserver.approval;
