/**
 * Every decision, as pure functions: from a spec and facts to a {@link
 * dev.metricsserver.plan.MetricsServerPlan} or a refusal, each with its reason as data. No other
 * package decides what is installed.
 */
package dev.metricsserver.plan;
