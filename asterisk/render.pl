#!/usr/bin/perl
# render.pl SOURCE TARGET: fills in the @NAME@ of SOURCE's *.conf from the environment, as ops/devstack/render.py does for the private stack. Perl, for it is
# in every Debian. NAME_FILE=/run/secrets/name gives a value by file. Everything that is missing or not good enough is told at once, without its value.
use strict;
use warnings;

my ($source, $target) = @ARGV;
my $environment = $ENV{ENVIRONMENT} || 'production';
my (%value, %comment, @problems);

# Nobody need know these: where they are not given, they are made anew with each start.
my %unneeded = map { $_ => 1 } qw(AMI_PASSWORD SOFTPHONE_PASSWORD ARI_SUPERVISOR_PASSWORD);
my %placeholder = map { $_ => 1 } qw(
    admin asterisk callcenter callctl change-me change_me changeme default dummy example fixme guest none null operator pass password placeholder postgres
    redis replace-me root secret supervisor test todo user xxx your-api-key your-key 1234 12345 123456 12345678
);

sub slurp { my ($path) = @_; open(my $in, '<', $path) or die "$path: $!\n"; local $/; my $text = <$in>; return $text }
sub random { open(my $in, '<', '/dev/urandom') or die "/dev/urandom: $!\n"; read($in, my $bytes, 24) == 24 or die "no random bytes\n"; return unpack('H*', $bytes) }

my $said = '';
for (split /\n/, slurp("$source/variables.env")) {
    if (/^# ?(.*)/) { $said = $1 unless $1 =~ /^---/; next }
    if (/^([A-Z][A-Z0-9_]*)=(.*)/) { ($value{$1}, $comment{$1}) = ($2, $said) }
}
for my $name (sort keys %value) {
    my $file = $ENV{"${name}_FILE"};
    if (defined $file && $file ne '') {
        if (open(my $in, '<', $file)) { local $/; $value{$name} = <$in>; $value{$name} =~ s/[\r\n]+\z// }
        else { push @problems, "${name}_FILE names a file that cannot be read: $file: $!"; next }
    }
    elsif (defined $ENV{$name} && $ENV{$name} ne '') { $value{$name} = $ENV{$name} }
    if ($value{$name} eq '' && $unneeded{$name}) { $value{$name} = random(); print STDERR "$name is not given: a random one that nobody knows\n" }
    if ($value{$name} eq '') { push @problems, "$name is not set: $comment{$name}" }
    elsif ($value{$name} =~ /["\n;]/) { push @problems, "$name holds a line break, a double quote or a semicolon, which Asterisk's files cannot" }
    elsif ($name =~ /_PASSWORD$/) {
        push @problems, "$name is a secret that a staging stack made for itself; with ENVIRONMENT=$environment give a real one"
            if $value{$name} =~ /^staging-only-/ && $environment ne 'staging';
        (my $bare = lc $value{$name}) =~ s/^[<>{}\[\] ]+|[<>{}\[\] ]+\z//g;
        push @problems, "$name has fewer than 8 characters; give one that nobody guesses" if length $value{$name} < 8 && $environment ne 'development';
        push @problems, "$name is a placeholder that everybody knows; give a real secret" if $placeholder{$bare} && $environment ne 'development';
    }
}
push @problems, "SIP_PUBLIC_ADDRESS is not set: with SIP_LOCAL_NET=$value{SIP_LOCAL_NET} it is what everybody else is told to send his audio to"
    if $value{SIP_LOCAL_NET} ne '0.0.0.0/0' && $value{SIP_PUBLIC_ADDRESS} eq '192.0.2.254';
print STDERR "TRUNK_MATCH is $value{TRUNK_MATCH}: no provider can call; give the address that its calls come from\n" if $value{TRUNK_MATCH} =~ /^127\./;
if (@problems) { print STDERR "Asterisk does not start:\n", map({ "  $_\n" } @problems), "asterisk/variables.env explains each.\n"; exit 2 }

umask 0077;
for my $path (sort glob("$source/*.conf")) {
    my $text = slurp($path);
    $text =~ s/\@([A-Z][A-Z0-9_]*)\@/exists $value{$1} ? $value{$1} : die "$path: nobody knows \@$1\@\n"/ge;
    my ($name) = $path =~ m{([^/]+)\z};
    open(my $out, '>', "$target/$name") or die "$target/$name: $!\n";
    print $out $text;
    close($out) or die "$target/$name: $!\n";
}
