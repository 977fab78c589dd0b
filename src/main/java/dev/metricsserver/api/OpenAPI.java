package dev.metricsserver.api;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** Schema properties for which the generator of the definition has no annotation. */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.RECORD_COMPONENT)
@interface OpenAPI {

  /** The format of a string, such as {@code date-time}. */
  String format() default "";

  /** The possible values of a string of the status. In the spec, the type is a Java enum. */
  String[] values() default {};

  /** How the API server merges a list and whether it rejects equal elements. */
  ListType list() default ListType.atomic;

  /** The fields that identify an element of a list of type {@code map}. */
  String[] keys() default {};

  /** The values of {@code x-kubernetes-list-type}. */
  enum ListType {
    /** Replaced as a whole. */
    atomic,
    /** Elements identified by {@link #keys}. */
    map,
    /** Scalars without duplicates. */
    set
  }
}
