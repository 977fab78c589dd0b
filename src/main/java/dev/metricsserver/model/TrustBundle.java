package dev.metricsserver.model;

/** The certificates of the CA that the user configured for the kubelets, or why there are none. */
public sealed interface TrustBundle {

  /**
   * The certificates.
   *
   * @param pem nothing but certificates, in PEM, at least one
   */
  record Found(String pem) implements TrustBundle {}

  /**
   * There are no certificates.
   *
   * @param object the ConfigMap or Secret that the spec names
   * @param key the key that the spec names
   */
  record Missing(ObjectName object, String key, Problem problem) implements TrustBundle {}

  /** Why there are no certificates. */
  sealed interface Problem {

    /** The object does not exist. */
    record NoObject() implements Problem {}

    /** The object has no such key. */
    record NoKey() implements Problem {}

    /** The key holds no certificate in PEM. */
    record NoCertificate() implements Problem {}

    /** The operator has no right to read the object; the message is the API server's. */
    record Forbidden(String message) implements Problem {}

    /** The API server did not return the object; the message says why. */
    record Unreadable(String message) implements Problem {}
  }
}
