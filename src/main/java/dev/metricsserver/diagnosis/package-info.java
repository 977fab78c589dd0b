/**
 * What is wrong and what mends it, pure: a plan and observations in, findings out, root causes
 * before consequences.
 */
package dev.metricsserver.diagnosis;
