/**
 * Java Operator SDK's view of the objects: one adapter for each, which names the object and its
 * renderer and holds no content of its own.
 */
package dev.metricsserver.dependents;
