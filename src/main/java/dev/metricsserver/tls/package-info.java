/**
 * Metrics-server's own certificate, and the CA that signs it: how they are made, and when they are
 * replaced. Knows no client and no clock.
 */
package dev.metricsserver.tls;
