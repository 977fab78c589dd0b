/**
 * Findings and observations in, the resource's status out: the one place where conditions are
 * written. A status that says the same as before is equal to it, so that nothing is written.
 */
package dev.metricsserver.status;
