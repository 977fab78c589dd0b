package dev.metricsserver.approval;

/** The decision of {@link ApprovalPolicy} about a certificate request. */
public sealed interface Verdict {

  /** The request satisfies every rule. */
  record Approved() implements Verdict {}

  /**
   * The request does not satisfy the rules in the present state of the cluster, and may do so
   * later.
   *
   * @param reason why it is not approved yet
   */
  record Deferred(Reason reason) implements Verdict {}

  /**
   * The request violates a rule, and no change of the cluster can alter that.
   *
   * @param rule the first rule that the request violates
   * @param reason how it violates the rule
   */
  record Rejected(Rule rule, Reason reason) implements Verdict, ParsedRequest {}

  /** The rules, in the order in which they are checked. */
  enum Rule {
    /** The name of the request is a DNS subdomain, as the names of other objects are. */
    ObjectName,
    /** The signer is the signer of kubelet serving certificates. */
    Signer,
    /** The request is neither approved, denied nor failed, and has no certificate. */
    Undecided,
    /** The user is a node. */
    User,
    /** The user is in the groups of nodes. */
    Groups,
    /** The certificate is for a TLS server only. */
    Usages,
    /** The certificate does not live longer than {@link RequestParser#MAX_LIFETIME}. */
    Lifetime,
    /** The request is one PKCS#10 request as PEM, in canonical DER. */
    Encoding,
    /** The subject is the user. */
    Subject,
    /** The only extensions are names and the usages of a TLS server. */
    Extensions,
    /** The names are DNS names and IP addresses, at least one, all of which a node can have. */
    Names,
    /** No address is in the Service ranges. */
    ServiceAddress,
    /** The key is strong enough. */
    Key,
    /** The request is signed with its own key. */
    Signature
  }
}
