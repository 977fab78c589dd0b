/** The Events that the operator writes. */
package dev.metricsserver.events;
