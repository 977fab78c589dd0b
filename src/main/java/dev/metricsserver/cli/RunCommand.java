package dev.metricsserver.cli;

import static picocli.CommandLine.Command;

/** For its help: as a command alone on the line it is {@link Main} that runs it. */
@Command(
    name = "run",
    mixinStandardHelpOptions = true,
    description = {
      "Runs the operator, until it is told to stop by SIGTERM.",
      "",
      "It finds the cluster as every client does: in a pod by its ServiceAccount, else by"
          + " KUBECONFIG. Environment variables: POD_NAMESPACE and POD_NAME, where its Lease is and"
          + " who holds it; HEALTH_PORT, the port of /livez and /readyz, 8080 by default;"
          + " METRICS_PORT, the port of /metrics, 8443 by default; METRICS_CERTIFICATE, the"
          + " directory with tls.crt and tls.key for it, by default one that signs itself;"
          + " LOG_LEVEL, debug for the stack traces of errors."
    },
    footerHeading = "%nExample:%n",
    footer = "  KUBECONFIG=$HOME/.kube/config metrics-server-operator run")
final class RunCommand implements Runnable {

  @Override
  public void run() {
    Main.run();
  }
}
