package dev.metricsserver.rendering;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import dev.metricsserver.api.ServingSpec.IssuerReference;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.model.annotation.Group;
import io.fabric8.kubernetes.model.annotation.Plural;
import io.fabric8.kubernetes.model.annotation.Version;
import java.util.List;

/** What cert-manager is to keep in a Secret, with what is used of it. */
@Group("cert-manager.io")
@Version("v1")
@Plural("certificates")
public final class Certificate extends ThirdPartyResource<Certificate.Spec> {

  private static final long serialVersionUID = 1;

  /** Without anything, for whoever reads one. */
  public Certificate() {}

  Certificate(ObjectMeta metadata, Spec spec) {
    super(metadata, spec);
  }

  /**
   * The certificate.
   *
   * @param duration how long it is valid, as cert-manager writes durations
   * @param renewBefore how long before its end it is renewed
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record Spec(
      String secretName,
      Boolean isCA,
      String commonName,
      List<String> dnsNames,
      List<String> usages,
      String duration,
      String renewBefore,
      PrivateKey privateKey,
      IssuerReference issuerRef) {}

  /** Its key. */
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record PrivateKey(String algorithm, int size, String encoding, String rotationPolicy) {}
}
