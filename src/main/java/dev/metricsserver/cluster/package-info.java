/**
 * The cluster as it is: facts and observations, read off objects. The operator has these from its
 * informers, the command line asks for them; what they mean is the same for both.
 */
package dev.metricsserver.cluster;
