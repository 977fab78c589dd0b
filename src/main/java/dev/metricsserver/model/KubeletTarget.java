package dev.metricsserver.model;

/**
 * Where metrics-server would dial a node's kubelet.
 *
 * @param node the Node's name
 * @param address an IP address or a DNS name
 * @param port a TCP port
 */
public record KubeletTarget(String node, String address, int port) {}
