/** Shared by all commands: exit statuses, failures, colours and files. */
package dev.metricsserver.cli.common;
