package dev.metricsserver.rendering;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.model.annotation.Group;
import io.fabric8.kubernetes.model.annotation.Plural;
import io.fabric8.kubernetes.model.annotation.Version;

/** An Issuer of cert-manager, with the fields that the operator uses. */
@Group("cert-manager.io")
@Version("v1")
@Plural("issuers")
public final class Issuer extends ThirdPartyResource<Issuer.Spec> {

  private static final long serialVersionUID = 1;

  /** Creates an empty object, for deserialization. */
  public Issuer() {}

  Issuer(ObjectMeta metadata, Spec spec) {
    super(metadata, spec);
  }

  /** One of the two ways to sign. */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record Spec(SelfSigned selfSigned, CA ca) {}

  /** Signs each certificate with its own key. */
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record SelfSigned() {}

  /** Signs with the key of a CA in a Secret. */
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record CA(String secretName) {}
}
