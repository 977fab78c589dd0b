import java.lang.classfile.ClassBuilder;
import java.lang.classfile.ClassElement;
import java.lang.classfile.ClassModel;
import java.lang.classfile.ClassSignature;
import java.lang.classfile.ClassTransform;
import java.lang.classfile.Interfaces;
import java.lang.classfile.MethodModel;
import java.lang.classfile.Signature.ClassTypeSig;
import java.lang.classfile.attribute.SignatureAttribute;
import java.lang.constant.ClassDesc;
import java.util.Optional;
import java.util.Set;

/**
 * A model class of fabric8 without the methods that return its builder. Who reads it from JSON
 * looks at all its methods, and so loads the builder, which is larger than the model and which
 * nobody uses: half a thousand classes, a tenth of the cache. Whoever does use one names it, and
 * finds it.
 */
final class WithoutBuilder implements ClassTransform {

  private static final ClassDesc EDITABLE =
      ClassDesc.of("io.fabric8.kubernetes.api.builder.Editable");
  private static final Set<String> METHODS = Set.of("edit", "toBuilder");

  private WithoutBuilder() {}

  /** The change of a model's class. */
  static ClassTransform of(ClassModel model) {
    return model.interfaces().stream().anyMatch(i -> isEditable(i.asSymbol()))
        ? new WithoutBuilder()
        : ClassTransform.ACCEPT_ALL;
  }

  @Override
  public void accept(ClassBuilder model, ClassElement element) {
    without(element).ifPresent(model::with);
  }

  private static Optional<ClassElement> without(ClassElement element) {
    return switch (element) {
      case MethodModel method when returnsBuilder(method) -> Optional.empty();
      case Interfaces interfaces ->
          Optional.of(
              Interfaces.of(
                  interfaces.interfaces().stream()
                      .filter(i -> !isEditable(i.asSymbol()))
                      .toList()));
      case SignatureAttribute signature -> Optional.of(without(signature.asClassSignature()));
      default -> Optional.of(element);
    };
  }

  private static SignatureAttribute without(ClassSignature signature) {
    return SignatureAttribute.of(
        ClassSignature.of(
            signature.typeParameters(),
            signature.superclassSignature(),
            signature.superinterfaceSignatures().stream()
                .filter(i -> !isEditable(i.classDesc()))
                .toArray(ClassTypeSig[]::new)));
  }

  private static boolean returnsBuilder(MethodModel method) {
    return METHODS.contains(method.methodName().stringValue())
        && method.methodTypeSymbol().parameterCount() == 0;
  }

  private static boolean isEditable(ClassDesc type) {
    return type.equals(EDITABLE);
  }
}
