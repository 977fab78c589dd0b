/**
 * The loop: reads facts, plans, applies, observes, diagnoses, writes the status. Each of these is
 * another package's work; here is their order, and the order of the objects.
 */
package dev.metricsserver.controller;
