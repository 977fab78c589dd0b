/**
 * Turns a plan and observations into findings with remedies, root causes before consequences. Reads
 * and writes nothing.
 */
package dev.metricsserver.diagnosis;
